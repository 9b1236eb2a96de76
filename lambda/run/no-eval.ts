import { config } from "zod";

// By default zod compiles text into functions to read objects faster. This function evaluates no text, so import this file
// before the first schema is created.
config({ jitless: true });
