/** Error pages that another server makes (ingress-nginx: custom-http-errors). */
import { answerHeaders } from "./answers.ts";
import type { Course } from "./course.ts";
import { answeredHeaders, listOf, safeList } from "./proxy-headers.ts";
import { relay } from "./side-request.ts";

/** Undefined: no such server is asked. Else what gives it up. `sent`: headers as for a backend. */
export function errorPage(
  course: Course,
  status: number,
  sent: () => Readonly<Record<string, string>>,
): (() => void) | undefined {
  const { filters, place, routed, responder, entry, expand } = course;
  const filter = filters.find((one) => one.kind === "custom-errors" && one.codes.includes(status));
  if (filter?.kind !== "custom-errors" || filter.backend === undefined) return undefined;
  const { served, addresses } = place;
  const backend = served.backend(filter.backend);
  if (backend === undefined) return undefined;
  const headers = {
    ...sent(),
    ...filter.headers,
    "x-code": String(status),
    "x-format": routed.headers["accept"] ?? "",
    "x-original-uri": routed.target,
  };
  const scheme = backend.tls === undefined ? ("http" as const) : ("https" as const);
  const list = safeList(listOf(headers));
  const request = { method: "GET", host: routed.host, path: "/", scheme, headers: list, length: 0 };
  const attempt = relay(
    { served, backend, id: filter.backend, request, addresses },
    {
      head: (code, answered) => {
        entry.status = code;
        responder.onDrain = () => attempt?.resume();
        responder.head(code, safeList(answerHeaders(answeredHeaders(answered), filters, routed, expand)));
      },
      data: (chunk) => responder.write(chunk),
      end: (trailers) => {
        responder.end(safeList(trailers));
        course.finish();
      },
      upgraded: (stream) => void stream.destroy(),
      fail: (error) => course.answer(status, error.message),
    },
  );
  attempt?.begin();
  return attempt === undefined ? undefined : () => attempt.abort();
}
