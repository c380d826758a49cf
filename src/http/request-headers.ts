/** Reads request headers strictly: an incomplete or contradictory header counts as absent. */
import type { IncomingMessage } from 'node:http';

/** Header lines that Node keeps of a request by default (`maxHeadersCount` of `node:http`). */
const NODE_KEEPS = 1000;

interface RequestLike {
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders?: readonly string[] | undefined;
  readonly httpVersionMajor?: number | undefined;
  readonly socket?: object | undefined;
}

/** A request of `node:http`, or a framework's request that holds one. */
export type AnyRequest = IncomingMessage | { readonly raw: RequestLike };

/**
 * Whether the request has all of its header lines. Node silently drops lines beyond
 * `maxHeadersCount` (default: 1000), so a request with exactly that number may have had more. An
 * HTTP/2 stream with too many lines is reset instead.
 */
export function hasAllHeaders({ rawHeaders, httpVersionMajor = 1, socket }: RequestLike): boolean {
  if (httpVersionMajor >= 2 || rawHeaders === undefined) return true;
  const limit = (socket as { server?: { maxHeadersCount?: unknown } } | undefined)?.server
    ?.maxHeadersCount;
  const kept = typeof limit === 'number' ? limit : NODE_KEEPS;
  // 0 means no limit.
  return kept === 0 || rawHeaders.length < 2 * kept;
}

/**
 * Returns the lines of a header in order.
 * @param name the header's name, in lower case
 */
export function headerLines({ rawHeaders = [] }: RequestLike, name: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = rawHeaders[at]!;
    if (written.length === name.length && written.toLowerCase() === name)
      lines.push(rawHeaders[at + 1]!);
  }
  return lines;
}

/**
 * Returns a header with a single value: a subscriber, a standing, an offer. Returns `undefined` if
 * it is absent, if it occurs more than once with different values (Node would join them, or keep
 * the first), or if lines of the request may have been dropped.
 * @param request a request of Fastify, Express or `node:http`
 * @param name the header's name, in any case
 */
export function headerOf(request: AnyRequest, name: string): string | undefined {
  const raw = 'raw' in request ? request.raw : request;
  const wanted = name.toLowerCase();
  const value = raw.headers[wanted];
  if (value === undefined || !hasAllHeaders(raw)) return undefined;
  const lines = headerLines(raw, wanted);
  if (lines.length > 1 && lines.some(line => line !== lines[0])) return undefined;
  // Use the line only if the field still has Node's joined value: a hook of the framework may have
  // rewritten it.
  if (lines.length > 1 && String(value) === lines.join(', ')) return lines[0];
  return typeof value === 'string' ? value : value[0];
}

/** Appends values to a list header, without duplicates. Returns `*` if the list contains it. */
export function appendToList(field: unknown, values: readonly string[]): string {
  const present = [field ?? []]
    .flat()
    .flatMap(line => String(line).split(','))
    .map(item => item.trim())
    .filter(item => item !== '');
  if (present.includes('*')) return '*';
  const known = new Set(present.map(item => item.toLowerCase()));
  return [...present, ...values.filter(value => !known.has(value.toLowerCase()))].join(', ');
}
