// Code can be hidden as a whole; without this script every cell still opens and closes by itself.
const toggle = document.getElementById('toggle-code');
toggle.addEventListener('click', () => {
  const cells = [...document.querySelectorAll('.input')];
  const open = !cells.some(c => c.open);
  for (const cell of cells) cell.open = open;
  toggle.textContent = open ? 'Hide code' : 'Show code';
});

// On a narrow page the contents stand above the text, so they start closed.
if (matchMedia('(max-width:76rem)').matches)
  for (const contents of document.querySelectorAll('nav details')) contents.open = false;

// MathML needs neither style sheets nor fonts. A formula that does not parse stays as its source, in red.
if (window.katex)
  for (const formula of document.querySelectorAll('.math'))
    katex.render(formula.textContent, formula, { output: 'mathml', displayMode: formula.classList.contains('display'), throwOnError: false });
