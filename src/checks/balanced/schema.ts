/** What a check of kind balanced may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";
import { connections, serviceEndpoint, serviceProtocol } from "../service/schema.ts";

export const balancedSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    balanced: serviceEndpoint,
    protocol: serviceProtocol,
    connections: connections.describe("Connections to make; default 100 per endpoint, at least 200"),
    expect: z
      .strictObject({
        endpoints: z
          .array(target)
          .min(1)
          .optional()
          .describe("Pods or addresses; default: what Kubernetes would choose"),
      })
      .optional(),
  }),
);
