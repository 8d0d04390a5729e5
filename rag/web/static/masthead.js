/* Runs once, as the body of a function of (element, trigger): the language, and the way from a mark to its source and back. */
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
