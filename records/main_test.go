package records_test

import (
	"os"
	"testing"

	"api-resize/records/recordstest"
)

func TestMain(m *testing.M) { os.Exit(recordstest.Main(m)) }
