# Command line

cli-faults = { $count } faults; nothing was stored.
cli-check-good = { $name }: { $enterprises } enterprises, { $records } records, no fault.
cli-demo-ready = Demonstration: { $address } · sign in by role at { $address }/sign-in · stop with Ctrl+C
cli-serve-ready = Serving at { $address }
cli-imported = Stored { $name }, revision { $revision }.
cli-refused = { $user } has no access to: congsinh { $command }
cli-nobody = There is no account { $user } in this store
