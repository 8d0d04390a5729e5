/* Runs once, as the body of a function of (element, trigger, watch): a new question scrolls to the top of the view, and a
   question that gets no frame wakes the connection.

   Gradio closes its event stream after the last pending event. If a question goes out after the server has closed the
   stream but before the browser has seen that, no stream is open for its frames, and it would wait for ever. Any later
   event opens a stream again, and the waiting frames arrive on it. */
const WAKE_MS = 1500, MOST_WAKES = 40;
let asked = false, wakes = 0, timer = null;
const wake = () => {
  if (++wakes > MOST_WAKES) clearInterval(timer);
  else trigger('wake', {});
};
const newest = () => element.querySelector('.turn') ?? [...document.querySelectorAll('#finished .turn')].at(-1);
document.addEventListener('baowen-asked', () => {
  clearInterval(timer);
  asked = true;
  wakes = 0;
  timer = setInterval(wake, WAKE_MS);
});
watch('value', () => {
  clearInterval(timer);
  if (asked) requestAnimationFrame(() => newest()?.scrollIntoView({ block: 'start' }));
  asked = false;
});
