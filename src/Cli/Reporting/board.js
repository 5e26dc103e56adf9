const form = document.querySelector('.filters'), cards = [...document.querySelectorAll('article')];

// Chips of one kind widen the choice, kinds narrow it.
function show() {
  const chosen = kind => [...form.querySelectorAll(`[name=${kind}]:checked`)].map(chip => chip.value);
  const themes = chosen('theme'), states = chosen('state'), words = document.getElementById('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const text = card.textContent.toLowerCase(), state = card.dataset.state.split(' ');
    card.hidden = (themes.length > 0 && !themes.includes(card.dataset.theme))
      || (states.length > 0 && !states.some(wanted => state.includes(wanted)))
      || !words.every(word => text.includes(word));
    if (!card.hidden) shown++;
  }
  document.getElementById('none').hidden = shown > 0;
}

form.addEventListener('input', show);
form.addEventListener('submit', event => event.preventDefault());
show(); // a browser may have kept the form's state
