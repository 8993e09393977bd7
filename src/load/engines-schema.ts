/** What `spec.engines` may say: the Docker engines that a lab in containers is spread over. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import { dnsLabel, line } from "../syntax/scalar.ts";

const makeEndpoint = () =>
  line.min(1).max(1024).describe("Docker context, or endpoint: ssh://USER@HOST, tcp://HOST:2376");

export const engines = lazy(() => {
  const endpoint = makeEndpoint();
  return z
    .array(
      z.union([
        endpoint,
        z.strictObject({
          name: line.min(1).max(63).describe("Name of the engine in messages"),
          context: endpoint.optional().describe("Docker context or endpoint; default: the name"),
          nodes: z.array(dnsLabel).max(1000).optional().describe("Cluster nodes to place there"),
          address: line
            .min(1)
            .optional()
            .describe("Address at which the other engines' machines reach this one; default: detected"),
        }),
      ]),
    )
    .min(1)
    .max(64)
    .describe("Docker engines to spread the nodes over; without the docker driver it is ignored");
});

export type EnginesDocument = z.infer<typeof engines>;
