/* Runs once, as the body of a function of (element, watch): new sources are shown from their top. */
watch('value', () => { element.closest('#sources').scrollTop = 0; });
