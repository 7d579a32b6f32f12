// What the Express contenders have in common: the JSON body, and nothing that is not needed.
import express from 'express';

export function listenWith(...handlers) {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.post('/limit/incr', express.json(), ...handlers);
  return ({ port, host }) => new Promise(started => { app.listen(port, host, started); });
}
