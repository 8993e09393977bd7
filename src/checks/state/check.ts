/** state: a route, neighbour, forwarding entry, rule, address, link, sysctl or iptables rule is there, or is not. */
import { defineCheck } from "../kind.ts";
import { resolveState } from "./resolve.ts";
import { stateSchema } from "./schema.ts";

export const state = defineCheck({
  kind: "state",
  schema: stateSchema,
  lesson: "Reads the kernel's tables: a route, neighbour, FDB entry, rule or sysctl exists, or does not.",
  phase: "traffic",
  resolve: resolveState,
  negative: ({ present }) => !present,
  silent: true,
  runner: () => import("./run.ts"),
});
