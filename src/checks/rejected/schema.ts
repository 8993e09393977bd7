/** What a check of kind rejected may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields, from } from "../check-fields.ts";
import { serviceEndpoint, serviceProtocol } from "../service/schema.ts";

export const rejectedSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    rejected: serviceEndpoint,
    protocol: serviceProtocol,
    expect: z.enum(["reject", "drop"]).optional().describe("reject (default): refused at once; drop: no answer at all"),
  }),
);
