package batch

import (
	"os"
	"testing"

	"api-resize/records/recordstest"
)

func TestMain(m *testing.M) {
	if os.Getenv(workIn) != "" {
		beKilled()
		return
	}
	os.Exit(recordstest.Main(m))
}
