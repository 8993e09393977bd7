/** udp: a datagram to a port with its answer, which target answered and which source it saw. */
import { defineCheck } from "../kind.ts";
import { targetPairs } from "../destination.ts";
import { connectResolver } from "../connect/resolve.ts";
import { connectRequest } from "../connect/request.ts";
import { udpSchema } from "./schema.ts";

const resolve = connectResolver("udp");

export const udp = defineCheck({
  kind: "udp",
  schema: udpSchema,
  lesson:
    "Sends a datagram with a token and waits for the answer that carries it. UDP has no handshake: silence can mean a lost packet or a server that does not answer.",
  phase: "traffic",
  resolve,
  negative: ({ expect }) => expect.outcome !== "open",
  settles: true,
  pairs: ({ from, to }) => targetPairs(from, to),
  request: connectRequest,
  repeatable: "svc/web:53",
  runner: () => import("../connect/run.ts"),
});
