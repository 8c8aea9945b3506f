// Loaded before a peer's server: it binds to loopback and a free port, says where, and ends with whoever started it.

import { Server } from 'node:net';

// oxlint-disable-next-line typescript/unbound-method -- called below on the server itself
const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(...args) {
  const callback = args.find((arg) => typeof arg === 'function');
  this.once('listening', () => process.send?.({ url: `http://127.0.0.1:${this.address().port}` }));
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback);
};
process.on('disconnect', () => process.exit(0));
