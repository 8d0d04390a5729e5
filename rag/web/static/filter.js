/* Runs once, as the body of a function of (element): the summary shows the filter when its fields are folded away. */
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
