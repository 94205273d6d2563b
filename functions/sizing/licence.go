package sizing

import (
	"slices"
	"strings"
)

// licenceUses are the values of spec.license.use (IBM/event-automation
// _support/licensing.md).
var licenceUses = []string{
	"CloudPakForIntegrationProduction",
	"CloudPakForIntegrationNonProduction",
	"CloudPakForIntegrationDevelopment",
	"CloudPakForIntegrationDisasterRecovery", // Event Streams 12.3 and later
	"EventAutomationProduction",
	"EventAutomationNonProduction",
	"EventAutomationDevelopment",
	"WebMethodsHybridIntegrationProduction",
	"WebMethodsHybridIntegrationNonProduction",
	"WebMethodsHybridIntegrationDevelopment",
}

// LicenceUses returns the values of an EventStreams' spec.license.use.
func LicenceUses() []string { return slices.Clone(licenceUses) }

// ForProduction says whether a licence use allows production: the one that ends
// in Production, and disaster recovery, which stands in for it.
func ForProduction(use string) bool {
	return strings.HasSuffix(use, "DisasterRecovery") ||
		strings.HasSuffix(use, "Production") && !strings.HasSuffix(use, "NonProduction")
}

// UseFor is a licence use of the same program for production or not.
func UseFor(use string, production bool) string {
	for _, suffix := range []string{"NonProduction", "DisasterRecovery", "Development", "Production"} {
		if program, found := strings.CutSuffix(use, suffix); found {
			if production {
				return program + "Production"
			}
			return program + "NonProduction"
		}
	}
	return ""
}

// LicenceRatio is how many chargeable cores count as one licence core: 2 for
// CloudPakForIntegration's NonProduction and DisasterRecovery, 1 for production
// (IBM/event-automation _support/licensing.md, "Calculating licenses
// required"). Other programs, and a use that is not said, count each core: 1.
func LicenceRatio(use string) int64 {
	switch use {
	case "CloudPakForIntegrationNonProduction", "CloudPakForIntegrationDisasterRecovery":
		return 2
	}
	return 1
}

// LicenceCores returns thousandths of licence cores for thousandths of
// chargeable cores: the CPU limits of the broker containers, and not those of
// ZooKeeper, controllers and side components (same page, "Chargeable
// containers"). An estate's sum is rounded up, a cluster's is not.
func LicenceCores(chargeable int64, use string) int64 {
	return chargeable / LicenceRatio(use)
}

// RoundLicenceCores rounds thousandths of an estate's licence cores up to whole
// cores.
func RoundLicenceCores(thousandths int64) int64 {
	const core = 1000
	return (thousandths + core - 1) / core * core
}
