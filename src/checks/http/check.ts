/** http: one request; status, body, headers, which target answered and which source it saw. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveHttp } from "./resolve.ts";
import { httpSchema } from "./schema.ts";
import { httpRequest } from "./request.ts";

export const http = defineCheck({
  kind: "http",
  schema: httpSchema,
  lesson:
    "A whole HTTP request. The built-in server reports which address it saw as the sender, so NAT on the way becomes visible.",
  phase: "traffic",
  resolve: resolveHttp,
  negative: ({ expect }) => expect.outcome !== "open",
  settles: true,
  pairs: ({ from, to }) => targetPairs(from, to),
  request: httpRequest,
  repeatable: "http://web/",
  runner: () => import("./run.ts"),
});
