/** What a check of kind command may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { argument, text } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";

export const commandSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    command: z.array(argument).min(1).describe("Program and arguments, as a list; no shell is involved"),
    expect: z
      .union([
        z.int().min(0).max(255),
        z.strictObject({
          exitCode: z.int().min(0).max(255).optional().describe("Default 0"),
          stdout: text.optional().describe("Text that it contains, or /regular expression/"),
          stderr: text.optional().describe("The same for the error output"),
        }),
      ])
      .optional(),
  }),
);
