/** Breaks a lab of an ordinary user and asks `trace`; run by trace-matrix.test.ts as one. Prints what came of it as JSON. */
import { getDriver } from "../../src/drivers/registry.ts";
import type { Shape } from "./trace-labs.ts";
import { judgeShape } from "./trace-matrix.ts";

const [name = "", shape = "{}", every = "1", first = "0"] = process.argv.slice(2);
const chosen = (index: number): boolean => index % Number(every) === Number(first) % Number(every);
const judged = await judgeShape(getDriver("netns"), name, JSON.parse(shape) as Shape, chosen);
process.stdout.write(JSON.stringify(judged));
