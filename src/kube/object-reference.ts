/** ObjectReference: of what object an endpoint is; only a Pod's name and namespace matter. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import { anything, argument } from "../syntax/scalar.ts";

export const objectReference = lazy(() =>
  z.strictObject({
    kind: argument.optional(),
    name: argument.optional(),
    namespace: argument.optional(),
    uid: anything,
    apiVersion: anything,
    resourceVersion: anything,
    fieldPath: anything,
  }),
);
