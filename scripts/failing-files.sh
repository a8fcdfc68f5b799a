#!/bin/sh
# The test files with a failure, of what `bun test` printed. Nothing where the run did not come to its summary.
set -eu
awk '
  /^test\/.*\.test\.ts:$/ { file = substr($0, 1, length($0) - 1) }
  /^\(fail\) / && !isListed { if (file == "") isLost = 1; else files[file] = 1 }
  /^[0-9]+ tests? failed:$/ { isListed = 1 }
  /^ *[0-9]+ fail$/ { isWhole = 1 }
  /^# Unhandled error/ { isLost = 1 }
  END { if (isWhole && !isLost) for (file in files) print file }
' | sort
