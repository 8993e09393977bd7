/** What a check of kind udp may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields, from } from "../check-fields.ts";
import { connectExpectation, endpoint } from "../connect/schema.ts";

export const udpSchema = lazy(() =>
  z.strictObject({ ...checkFields, from, udp: endpoint, expect: connectExpectation }),
);
