/* Runs once, as the body of a function of (element, trigger, watch): examples, thumbs and comments. */
const examplesAndThumbs = event => {
  const asked = event.target.closest('[data-ask]');
  if (asked) trigger('example', { question: asked.textContent });
  const thumb = event.target.closest('[data-thumb]');
  if (thumb) judge(thumb.closest('.judged'), thumb.dataset.thumb);
  const comment = event.target.closest('[data-comment]');
  if (comment) judge(comment.closest('.judged'), '');
};
let judged = null;
const judge = (form, thumb) => {
  judged = form.dataset.turn;
  trigger('judge', { turn: judged, thumb: thumb || form.dataset.given, comment: form.querySelector('input')?.value ?? '' });
};
element.setAttribute('role', 'log');
element.addEventListener('click', examplesAndThumbs);
element.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.isComposing && event.target.matches('.comment input'))
    judge(event.target.closest('.judged'), '');
});
watch('value', () => {
  const form = judged !== null && element.querySelector(`.judged[data-turn="${judged}"]`);
  if (form) {
    (form.querySelector('input') ?? form.querySelector('[aria-pressed=true]'))?.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'nearest' });
  }
  judged = null;
});
const wide = matchMedia('(min-width: 861px)').matches;  // on a phone the keyboard would cover the page
if (wide) setTimeout(() => document.querySelector('#question textarea')?.focus(), 200);
