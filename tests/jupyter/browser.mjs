// What browser.sh runs: node browser.mjs bundle <folder>, then node browser.mjs <server's address> <token> <folder>
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';

const [what, second, pictures] = process.argv.slice(2);
if (what === 'bundle') await bundle(second);
else await lookAt(what, second);

// JupyterLab's page, with what its server would write into it.
async function bundle(folder) {
  const { build } = await import('esbuild');
  const tilde = { name: 'tilde', setup: b => b.onResolve({ filter: /^~/ }, a => b.resolve(a.path.slice(1), { resolveDir: a.resolveDir, kind: a.kind })) };
  const inline = Object.fromEntries(['.woff', '.woff2', '.ttf', '.eot', '.png', '.gif'].map(extension => [extension, 'dataurl']));
  await build({
    entryPoints: ['lab-page.mjs'], outdir: folder, bundle: true, format: 'esm', target: 'es2022', plugins: [tilde], loader: { '.svg': 'text', ...inline },
    define: { global: 'globalThis', 'process.env': '{}' }, alias: { path: 'path-browserify' }, logLevel: 'error',
  });
  writeFileSync(`${folder}/lab-page.html`, `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="lab-page.css">
<style>body { margin: 0 } #main { position: absolute; inset: 0 }</style>
<script id="jupyter-config-data" type="application/json">{ "baseUrl": "/" }</script>
<body data-jp-theme-light="true" data-jp-theme-name="JupyterLab Light"><script type="module" src="lab-page.js"></script>`);
}

async function lookAt(address, token) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', defaultViewport: { width: 1000, height: 700 },
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'], // works without a network
  });
  try {
    await open('lab', `${address}static/lab-page.html?token=${token}&path=slider.ipynb`, turnSlider);
    await open('token', `${address}static/lab-page.html?token=${token}&path=token.ipynb`, editToken);
    await open('classic', `${address}notebooks/cells.ipynb?token=${token}`, editCell);
  } finally {
    await browser.close();
  }

  async function open(name, url, look) {
    const page = await browser.newPage();
    page.on('pageerror', error => console.error(`The page: ${error.stack ?? error}`));
    page.setDefaultTimeout(60_000);
    await page.goto(url);
    try {
      console.log(`${await look(page)}: ok`);
    } finally {
      await page.screenshot({ path: `${pictures}/${name}.png` });
      await page.close();
    }
  }
}

async function turnSlider(page) {
  await page.waitForFunction(() => window.runAll);
  await page.evaluate(() => window.runAll());
  await page.waitForFunction(() => document.querySelector('.gtitle')?.textContent === 'temperature 1.00');
  await page.screenshot({ path: `${pictures}/lab-before.png` });
  await moveSlider(page);
  const value = await page.evaluate(() => document.querySelector('.widget-slider .widget-readout').textContent);
  assert.ok(Number(value) > 1.5, value);
  await page.waitForFunction(title => document.querySelector('.gtitle')?.textContent === title, {}, `temperature ${value}`);
  assert.equal(await page.evaluate(() => document.querySelectorAll('.gtitle').length), 1);
  return `JupyterLab: the slider was moved to ${value}, and the chart under it shows temperature ${value}`;
}

async function editToken(page) {
  page.setDefaultTimeout(300_000); // a tokenizer is trained first
  await page.waitForFunction(() => window.runAll);
  await page.evaluate(() => window.runAll());
  const pictures = () => [...document.querySelectorAll('.jp-OutputArea img')].map(image => image.src).join(' ');
  await page.waitForFunction(pictures);
  const before = await page.evaluate(pictures);
  await moveSlider(page);
  const value = await page.evaluate(() => document.querySelector('.widget-slider .widget-readout').textContent);
  assert.ok(Number(value) > 0, value);
  await page.waitForFunction(old => {
    const now = [...document.querySelectorAll('.jp-OutputArea img')].map(image => image.src).join(' ');
    return now && now !== old;
  }, {}, before);
  return `JupyterLab: a token of a picture became code ${value}, and the picture under the slider was decoded anew`;
}

// The first slider, by the mouse.
async function moveSlider(page) {
  const handle = await (await page.waitForSelector('.widget-slider .noUi-handle')).boundingBox();
  const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 120, y, { steps: 8 });
  await page.mouse.up();
}

async function editCell(page) {
  await page.waitForFunction(() => window.Jupyter?.notebook?.kernel?.info_reply?.implementation === 'lab');
  const run = async source => {
    await page.evaluate(code => {
      const cell = Jupyter.notebook.get_cell(0);
      cell.set_text(code);
      Jupyter.notebook.execute_cells([0]);
    }, source);
    await page.waitForFunction(() => Jupyter.notebook.get_cell(0).output_area.outputs.some(o => o.output_type === 'execute_result' || o.output_type === 'error'));
    return page.evaluate(() => Jupyter.notebook.get_cell(0).output_area.outputs.find(o => o.output_type === 'execute_result')?.data['text/plain']);
  };
  const first = await run('"first " + Notebook.Current.CellId');
  assert.match(first ?? '', /^first \S{8,}$/);
  assert.equal(await run('"edited " + Notebook.Current.CellId'), first.replace('first', 'edited'));
  return 'Classic Notebook: an edited cell is the same cell';
}
