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
    complaints({ configuration }, complain) {
      const low = numberAt(configuration, "imageGCLowThresholdPercent");
      const high = numberAt(configuration, "imageGCHighThresholdPercent");
      if (low >= high) complain(`${low} is not below imageGCHighThresholdPercent ${high}`);
    },
  },
  {
    name: "imageMaximumGCAge",
    since: 29,
    complaints({ configuration, gateOn }, complain) {
      const most = durationAt(configuration, "imageMaximumGCAge");
      const least = durationAt(configuration, "imageMinimumGCAge");
      if (most !== 0n && !gateOn("ImageMaximumGCAge")) complain("it needs the gate ImageMaximumGCAge");
      if (most < 0n) complain("it is negative");
      if (most > 0n && most <= least) complain(`${formatDuration(most)} is not above imageMinimumGCAge`);
    },
  },
  {
    name: "maxParallelImagePulls",
    complaints({ configuration }, complain) {
      const pulls = configuration.get("maxParallelImagePulls")?.value;
      if (typeof pulls !== "number") return;
      if (pulls < 1) complain(`${pulls} is not positive`);
      if (pulls > 1 && flagAt(configuration, "serializeImagePulls"))
        complain(`${pulls} needs serializeImagePulls false`);
    },
  },
  {
    name: "imagePullCredentialsVerificationPolicy",
    since: 33,
    complaints({ configuration, gateOn }, complain) {
      const policy = textAt(configuration, "imagePullCredentialsVerificationPolicy");
      const images = listAt(configuration, "preloadedImagesVerificationAllowlist");
      if (!gateOn("KubeletEnsureSecretPulledImages")) {
        if (policy !== "" || images.length > 0)
          complain("it must not be set while KubeletEnsureSecretPulledImages is off");
        return;
      }
      if (!verificationPolicies.includes(policy)) complain(`${JSON.stringify(policy)} is not a policy`);
      if (images.length > 0 && policy !== "NeverVerifyAllowlistedImages")
        complain("only NeverVerifyAllowlistedImages accepts an allowlist");
      for (const image of images)
        if (!isImagePattern(image)) complain(`${JSON.stringify(image)} is not an image pattern`);
    },
  },
];

const verificationPolicies = [
  "NeverVerify",
  "NeverVerifyPreloadedImages",
  "NeverVerifyAllowlistedImages",
  "AlwaysVerify",
];
