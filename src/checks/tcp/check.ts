/** tcp: a connection to a port, which target answered and which source it saw. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { connectResolver } from "../connect/resolve.ts";
import { connectRequest } from "../connect/request.ts";
import { tcpSchema } from "./schema.ts";

const resolve = connectResolver("tcp");

export const tcp = defineCheck({
  kind: "tcp",
  schema: tcpSchema,
  lesson:
    "Opens a TCP connection. open: something answered. refused: the machine is up but the port is closed (RST), or a REJECT rule matched. timeout: the SYN or its answer was lost. unreachable: no route, or no answer to ARP.",
  phase: "traffic",
  resolve,
  negative: ({ expect }) => expect.outcome !== "open",
  settles: true,
  pairs: ({ from, to }) => targetPairs(from, to),
  request: connectRequest,
  repeatable: "svc/web:80",
  runner: () => import("../connect/run.ts"),
});
