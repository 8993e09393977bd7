/** `dummies`: devices that send nothing. */
import * as z from "zod";
import { deviceFields } from "./device-fields.ts";
import { defineDevice } from "./device-kind.ts";

export const dummy = defineDevice({
  kind: "dummy",
  about: "Dummy devices by name",
  schema: () => z.strictObject(deviceFields()).nullable(),
  resolve: () => ({ type: "dummy", data: {} }),
});
