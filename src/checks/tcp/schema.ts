/** What a check of kind tcp may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields, from } from "../check-fields.ts";
import { connectExpectation, endpoint } from "../connect/schema.ts";

export const tcpSchema = lazy(() =>
  z.strictObject({ ...checkFields, from, tcp: endpoint, expect: connectExpectation }),
);
