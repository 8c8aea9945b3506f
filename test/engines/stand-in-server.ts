// A stand-in for a native llama-server that knows the three flags that one must know, and no other: what a company's
// own build may be. It answers health and completions, and says in its answer how it was started.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { model: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' } },
});

createServer((request, response) => {
  if (request.url === '/health') {
    response.end('{"status":"ok"}');
    return;
  }
  request.resume().on('end', () => {
    const text = JSON.stringify({ arguments: values, slots: process.env['LLAMA_ARG_N_PARALLEL'], pid: process.pid });
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ choices: [{ index: 0, text, finish_reason: 'stop' }], key: request.headers.authorization }),
    );
  });
}).listen(Number(values.port), values.host);
