/** dns: one query to a given server; response code and answers. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { resolveDns } from "./resolve.ts";
import { dnsRequest } from "./request.ts";
import { dnsSchema } from "./schema.ts";

export const dns = defineCheck({
  kind: "dns",
  schema: dnsSchema,
  lesson: "Asks one DNS server directly.",
  phase: "traffic",
  resolve: resolveDns,
  negative: ({ expect }) => expect.outcome !== "open",
  settles: true,
  pairs: ({ from, server }) => targetPairs(from, server),
  request: dnsRequest,
  runner: () => import("./run.ts"),
});
