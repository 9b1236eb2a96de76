import { config } from "zod";

// By default zod speeds up parsing with code that it compiles from text. This function evaluates no text, so import
// this file before the first schema is created.
config({ jitless: true });
