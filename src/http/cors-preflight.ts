/** Restricts the answer to a CORS preflight to what a preflight needs. */
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';

/** Whether an answer to a preflight needs a header. Any other could carry the programme. */
const isForPreflights = (name: string): boolean =>
  /^(access-control-[\w-]+|vary|allow|cache-control)$/.test(name.toLowerCase());

type Callback = () => void;

/** Calls the callback that may follow the arguments of `write` or `end`. */
function callBack(args: readonly unknown[]): void {
  const last = args.at(-1);
  if (typeof last === 'function') process.nextTick(last as Callback);
}

/** Returns the headers given to `writeHead`: an object, or a list of names and values. */
function pairsOf(given: unknown): [name: string, value: OutgoingHttpHeader][] {
  if (typeof given !== 'object' || given === null) return [];
  if (!Array.isArray(given)) return Object.entries(given as Record<string, OutgoingHttpHeader>);
  const flat = given.flat() as OutgoingHttpHeader[];
  return Array.from({ length: flat.length >> 1 }, (_, at) => [
    String(flat[2 * at]),
    flat[2 * at + 1]!,
  ]);
}

/**
 * Restricts a response: whatever a handler behind the guard does, the client receives 204, CORS
 * headers and no body. A preflight is not decided, so a handler for all methods must not serve a
 * programme, a redirect or a cookie to a request that looks like one.
 */
export function restrictToPreflight(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (status: number) => ServerResponse;
  const end = response.end.bind(response) as () => ServerResponse;
  response.writeHead = ((_status: number, ...more: readonly unknown[]) => {
    for (const [name, value] of pairsOf(more.at(-1)))
      if (isForPreflights(name)) response.setHeader(name, value as string);
    for (const name of response.getHeaderNames())
      if (!isForPreflights(name)) response.removeHeader(name);
    return writeHead(204);
  }) as typeof response.writeHead;
  response.write = ((...args: readonly unknown[]) => {
    callBack(args);
    return true;
  }) as typeof response.write;
  response.end = ((...args: readonly unknown[]) => {
    callBack(args);
    return end();
  }) as typeof response.end;
  response.writeEarlyHints = (...args: readonly unknown[]) => callBack(args);
}
