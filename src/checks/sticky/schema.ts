/** What a check of kind sticky may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields, from } from "../check-fields.ts";
import { connections, serviceEndpoint, serviceProtocol } from "../service/schema.ts";

export const stickySchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    sticky: serviceEndpoint,
    protocol: serviceProtocol,
    connections: connections.describe("Connections per source, default 20"),
    expect: z
      .strictObject({ seconds: z.int().min(1).max(86_400).optional().describe("How long a client is remembered") })
      .optional(),
  }),
);
