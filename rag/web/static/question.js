/* A function that runs when a question goes out. It says so in the page, and puts the filter's fields in the place of the
   last input. The first of three inputs is a typed question; a blank one is not asked. */
(...inputs) => {
  if (inputs.length < 3 || inputs[0].trim()) document.dispatchEvent(new CustomEvent('baowen-asked'));
  const fields = [...document.querySelectorAll('#filter input')].map(field => [field.name, field.value]);
  return [...inputs.slice(0, -1), Object.fromEntries(fields)];
}
