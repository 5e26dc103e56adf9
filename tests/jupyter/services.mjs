// What services.sh runs: node services.mjs <server's address> <token>
import assert from 'node:assert/strict';
import { ContentsManager, KernelManager, ServerConnection } from '@jupyterlab/services';
import WebSocket from 'ws';

const [baseUrl, token] = process.argv.slice(2);
const serverSettings = ServerConnection.makeSettings({ baseUrl, wsUrl: baseUrl.replace(/^http/, 'ws'), token, appendToken: true, WebSocket });
const kernels = new KernelManager({ serverSettings });
const kernel = await kernels.startNew({ name: 'lab-csharp' });
kernel.registerCommTarget('jupyter.widget', () => {}); // what the widgets' own library does in a page
const info = await kernel.info;
assert.equal(info.language_info.name, 'csharp');

async function run(code) {
  const outputs = [];
  const future = kernel.requestExecute({ code });
  future.onIOPub = message => { if (message.header.msg_type !== 'status') outputs.push(message); };
  const reply = await future.done;
  return { reply: reply.content, outputs };
}

const result = ({ outputs }) => outputs.find(m => m.header.msg_type === 'execute_result')?.content.data['text/plain'];
const step = async (name, test) => { await test(); console.log(`${name}: ok`); };

await step('cells of a notebook', async () => {
  const path = 'notebooks/classification/compact-transformers.ipynb';
  const notebook = await new ContentsManager({ serverSettings }).get(path);
  const cells = notebook.content.cells.filter(c => c.cell_type === 'code').slice(0, 3);
  for (const cell of cells) {
    const { reply } = await run([cell.source].flat().join(''));
    assert.equal(reply.status, 'ok', JSON.stringify(reply));
  }
});

await step('variables, results and errors', async () => {
  await run('var answer = 42;');
  assert.equal(result(await run('answer')), '42');
  const { reply } = await run('throw new InvalidOperationException("boo");');
  assert.deepEqual([reply.status, reply.ename, reply.evalue], ['error', 'InvalidOperationException', 'boo']);
});

await step('completion and inspection', async () => {
  const complete = await kernel.requestComplete({ code: '"😀"; answer.ToStr', cursor_pos: 17 });
  assert.ok(complete.content.matches.includes('ToString'), JSON.stringify(complete.content));
  assert.deepEqual([complete.content.cursor_start, complete.content.cursor_end], [12, 17]);
  const inspect = await kernel.requestInspect({ code: 'Math.Abs', cursor_pos: 8, detail_level: 0 });
  assert.ok(inspect.content.found && inspect.content.data['text/plain'].includes('Abs'));
});

await step('interrupt keeps the variables', async () => {
  const future = kernel.requestExecute({ code: 'Console.WriteLine("running"); while (true) { }' });
  await new Promise(resolve => { future.onIOPub = m => { if (m.header.msg_type === 'stream') resolve(); }; });
  await kernel.interrupt();
  assert.equal((await future.done).content.ename, 'Interrupted');
  assert.equal(result(await run('answer')), '42');
});

await step('restart forgets them', async () => {
  await kernel.restart();
  assert.equal((await run('answer')).reply.status, 'error');
  assert.equal(result(await run('1 + 1')), '2');
});

await kernel.shutdown();
process.exit(0);
