/** Headers changed by a filter: set, then add, then remove (Gateway API, HTTPHeaderFilter). */
import type { Filter, HeaderValue } from "./filter.ts";

export type Headers = Readonly<Record<string, string>>;

/** @param headers names in lower case @param expand variables of values that have them */
export function changedHeaders(
  filter: Extract<Filter, { kind: "request-headers" | "response-headers" }>,
  headers: Headers,
  expand: (text: string) => string = (text) => text,
): Headers {
  const changed: Record<string, string> = { ...headers };
  const valueOf = ({ value, expands }: HeaderValue): string => (expands === true ? expand(value) : value);
  for (const header of filter.set ?? []) {
    const value = valueOf(header);
    const name = header.name.toLowerCase();
    // A header without value is not sent, as nginx' proxy_set_header has it.
    if (value === "" && header.expands === true) delete changed[name];
    else changed[name] = value;
  }
  for (const header of filter.add ?? []) {
    const name = header.name.toLowerCase();
    const present = changed[name];
    changed[name] = present === undefined || present === "" ? valueOf(header) : `${present},${valueOf(header)}`;
  }
  for (const name of filter.remove ?? []) delete changed[name.toLowerCase()];
  return changed;
}
