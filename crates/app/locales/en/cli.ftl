# Command line

cli-faults = { COUNT($count, "fault", "faults") }; nothing was stored.
cli-check-good = { $name }: { COUNT($enterprises, "enterprise", "enterprises") }, { COUNT($records, "record", "records") }, no fault.
cli-demo-ready = Demonstration: { $address } · sign in by role at { $address }/sign-in · stop with Ctrl+C
cli-serve-ready = Serving at { $address }
cli-imported = Stored { $name }, revision { $revision }.
cli-refused = { $user } has no access to: congsinh { $command }
cli-nobody = There is no account { $user } in this store
cli-register-imported = Written into the register; to undo: congsinh register undo { $import }
cli-register-no-import = There is no import { $import }
cli-register-undone = Import { $import } was undone
cli-register-no-park = There is no park { $park } in the store
cli-register-no-entry = The register has no code { $code }
cli-register-linked = { $code } is park { $park }
cli-register-linked-same = { COUNT($count, "park was", "parks were") } linked to the register
cli-framework-kept = Kept the draft { $edition }: { COUNT($rows, "row", "rows") }
cli-framework-published = Published { $edition }: { COUNT($rows, "row", "rows") }
cli-framework-good = { $edition }: { COUNT($rows, "row", "rows") }, no fault
cli-batch-done = { COUNT($count, "meter", "meters") }: { $saving } with a saving, { $disqualified } disqualified, { $faulty } with faulty files, { $failed } failed, { $left } not run
