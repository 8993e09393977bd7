/** What a check of kind capture may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields } from "../check-fields.ts";
import { captureName, packetExpectation } from "./declared-schema.ts";

export const captureSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    capture: captureName.describe("Name of a declared capture"),
    expect: packetExpectation,
  }),
);
