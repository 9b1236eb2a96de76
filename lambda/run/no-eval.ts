import { config } from "zod";

// zod would make functions of text to read objects faster. Nothing here does: imported before any model is made.
config({ jitless: true });
