/** ObjectReference: of what object an endpoint is; only a Pod's name and namespace matter. */
import * as z from "zod";
import { argument } from "../syntax/scalar.ts";

export const objectReference = z.strictObject({
  kind: argument.optional(),
  name: argument.optional(),
  namespace: argument.optional(),
  uid: z.unknown().optional(),
  apiVersion: z.unknown().optional(),
  resourceVersion: z.unknown().optional(),
  fieldPath: z.unknown().optional(),
});
