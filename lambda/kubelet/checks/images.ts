import { formatDuration } from "../../go/literals.ts";
import { durationAt, flagAt, listAt, numberAt, textAt } from "../configuration.ts";
import type { Check } from "./check.ts";
import { isImagePattern } from "./image-pattern.ts";

/**
 * Checks of image pulls and of the garbage collection of images.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */
export const imageChecks: readonly Check[] = [
  {
    name: "imageGCLowThresholdPercent",
    *complaints({ configuration }) {
      const low = numberAt(configuration, "imageGCLowThresholdPercent");
      const high = numberAt(configuration, "imageGCHighThresholdPercent");
      if (low >= high) yield `${low} is not below imageGCHighThresholdPercent ${high}`;
    },
  },
  {
    name: "imageMaximumGCAge",
    since: 29,
    *complaints({ configuration, gateOn }) {
      const most = durationAt(configuration, "imageMaximumGCAge");
      const least = durationAt(configuration, "imageMinimumGCAge");
      if (most !== 0n && !gateOn("ImageMaximumGCAge")) yield "it needs the gate ImageMaximumGCAge";
      if (most < 0n) yield "it is negative";
      if (most > 0n && most <= least) yield `${formatDuration(most)} is not above imageMinimumGCAge`;
    },
  },
  {
    name: "maxParallelImagePulls",
    *complaints({ configuration }) {
      const pulls = configuration.get("maxParallelImagePulls")?.value;
      if (typeof pulls !== "number") return;
      if (pulls < 1) yield `${pulls} is not positive`;
      if (pulls > 1 && flagAt(configuration, "serializeImagePulls")) yield `${pulls} needs serializeImagePulls false`;
    },
  },
  {
    name: "imagePullCredentialsVerificationPolicy",
    since: 33,
    *complaints({ configuration, gateOn }) {
      const policy = textAt(configuration, "imagePullCredentialsVerificationPolicy");
      const images = listAt(configuration, "preloadedImagesVerificationAllowlist");
      if (!gateOn("KubeletEnsureSecretPulledImages")) {
        if (policy !== "" || images.length > 0) yield "it must not be set while KubeletEnsureSecretPulledImages is off";
        return;
      }
      if (!verificationPolicies.includes(policy)) yield `${JSON.stringify(policy)} is not a policy`;
      if (images.length > 0 && policy !== "NeverVerifyAllowlistedImages")
        yield "only NeverVerifyAllowlistedImages accepts an allowlist";
      for (const image of images) if (!isImagePattern(image)) yield `${JSON.stringify(image)} is not an image pattern`;
    },
  },
];

const verificationPolicies = [
  "NeverVerify",
  "NeverVerifyPreloadedImages",
  "NeverVerifyAllowlistedImages",
  "AlwaysVerify",
];
