"""How the browser page behaves: the little that happens in the browser itself.

Everything else is rendered by ``rag.web.chat`` and sent.
"""

ON_MASTHEAD = """
const root = document.documentElement, byId = id => document.getElementById(id);
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
const remembered = () => { try { return localStorage.getItem('baowen-language') } catch { return null } };
const speak = language => {
  root.dataset.language = language;
  root.lang = language === 'en' ? 'en' : 'zh-CN';
  element.querySelectorAll('[data-language]')
    .forEach(b => b.setAttribute('aria-pressed', b.dataset.language === language));
  try { localStorage.setItem('baowen-language', language) } catch { }
};
const show = turn => document.querySelectorAll('#sources .panel[data-turn]')
  .forEach(panel => { panel.hidden = panel.dataset.turn !== turn });
const only = (selector, chosen) => document.querySelectorAll(selector)
  .forEach(e => e.classList.toggle('current', e === chosen));
let left = null;
const openSource = chip => {
  const { turn, n } = chip.dataset, cited = byId(`s${turn}-${n}`);
  if (!cited) return;
  left = chip;
  show(turn); only('.chip', chip); only('.cited', cited);
  const passage = cited.closest('blockquote');
  passage.classList.remove('lit'); void passage.offsetWidth; passage.classList.add('lit');
  cited.focus({ preventScroll: true });
  cited.scrollIntoView({ block: 'center', behavior: calm() });
};
const openPanel = button => {
  left = button; show(button.dataset.turn);
  document.querySelector(`#sources .panel[data-turn="${button.dataset.turn}"]`)
    ?.scrollIntoView({ block: 'start', behavior: calm() });
};
const back = turn => {
  const to = left?.isConnected ? left : document.querySelector(`.turn[data-turn="${turn}"] .open`);
  to?.scrollIntoView({ block: 'center', behavior: calm() });
  to?.focus({ preventScroll: true });
};
const copy = button => navigator.clipboard?.writeText(button.dataset.copy).then(() => {
  button.classList.add('done'); setTimeout(() => button.classList.remove('done'), 2000); });
document.addEventListener('click', event => {
  const button = event.target.closest?.('#thread button, #sources button');
  if (button?.matches('.chip')) openSource(button);
  else if (button?.matches('.open')) openPanel(button);
  else if (button?.matches('.back')) back(button.dataset.turn);
  else if (button?.matches('[data-copy]')) copy(button);
});
document.addEventListener('keydown', event => {
  const panel = event.key === 'Escape' && event.target.closest?.('#sources .panel');
  if (panel) back(panel.dataset.turn);
});
element.addEventListener('click', event => {
  const { language, renew } = event.target.closest('button')?.dataset ?? {};
  if (language) { speak(language); trigger('language', { language }); }
  if (renew !== undefined) trigger('renew', {});
});
speak(remembered() === 'en' ? 'en' : 'zh');
if (remembered() === 'en') trigger('language', { language: 'en' });
"""
"""Run once in the page: the language, and the way from a mark to its source and back."""
ON_THREAD = """
element.setAttribute('role', 'log');
element.addEventListener('click', event => {
  const asked = event.target.closest('[data-ask]');
  if (asked) trigger('example', { question: asked.textContent });
  const thumb = event.target.closest('[data-thumb]');
  if (thumb) judge(thumb.closest('.judged'), thumb.dataset.thumb);
  const remark = event.target.closest('[data-remark]');
  if (remark) judge(remark.closest('.judged'), '');
});
element.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.isComposing && event.target.matches('.remark input'))
    judge(event.target.closest('.judged'), '');
});
let judged = null;
const judge = (form, thumb) => {
  judged = form.dataset.turn;
  trigger('judge', { turn: judged, thumb: thumb || form.dataset.given, comment: form.querySelector('input')?.value ?? '' });
};
const wide = matchMedia('(min-width: 861px)').matches;  // on a phone the keyboard would cover the page
if (wide) setTimeout(() => document.querySelector('#question textarea')?.focus(), 200);
let turns = 0;
watch('value', () => {
  const all = element.querySelectorAll('.turn'), grew = turns && all.length > turns || all.length === 1 && !turns;
  turns = all.length;
  const form = judged !== null && element.querySelector(`.judged[data-turn="${judged}"]`);
  if (form) {
    (form.querySelector('input') ?? form.querySelector('[aria-pressed=true]'))?.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'nearest' });
  }
  judged = null;
  if (grew) all[turns - 1].scrollIntoView({ block: 'start' });
});
"""
"""Run once in the page: an example asked by a click, and a new question brought to the top of the view."""

ON_SOURCES = "watch('value', () => { element.closest('#sources').scrollTop = 0; });"

ON_NARROW = """
const fields = [...element.querySelectorAll('input')], shown = element.querySelector('output');
const show = () => { shown.textContent = fields.map(f => f.value.trim()).filter(Boolean).join(' · '); };
element.addEventListener('input', show);
element.addEventListener('keydown', event => { if (event.key === 'Enter') event.preventDefault(); });
element.addEventListener('click', event => {
  if (!event.target.closest('[data-clear]')) return;
  fields.forEach(f => { f.value = ''; });
  show(); fields[0].focus();
});
show();
"""
"""Run once in the page: what is filtered by stays in view when the fields are folded away."""

WITH_FILTER = """(...inputs) => [...inputs.slice(0, -1), Object.fromEntries(
  [...document.querySelectorAll('#narrow input')].map(field => [field.name, field.value]))]"""
"""Puts the filter's fields in the place of the last input, so that a question goes out with what they say now."""
