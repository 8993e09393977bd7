/** What checks of the kinds tcp and udp expect. */
import * as z from "zod";
import { target } from "../../syntax/scalar.ts";
import { answer, outcome } from "../check-fields.ts";

export const endpoint = target.describe("TARGET:PORT");
export const connectExpectation = z.union([outcome, z.strictObject(answer)]).optional();
