package stdlib

// fileFunctions read files of the module an expression stands in. They are
// special because each module has its own: see Functions.
var fileFunctions = []Function{
	{Name: "file", Category: "file", Special: true, Signature: "file(path)",
		Description: "The content of a text file (UTF-8, up to 1 MiB) of the scenario. Paths are relative to its directory and cannot leave it.",
		Example:     `file("greeting.txt")`, Result: `"hello\n"`},
	{Name: "fileexists", Category: "file", Special: true, Signature: "fileexists(path)",
		Description: "Whether the scenario's directory has a file of this name.", Example: `fileexists("greeting.txt")`, Result: `true`},
	{Name: "fileset", Category: "file", Special: true, Signature: "fileset(path, pattern)",
		Description: "The files below a directory whose paths from there match a pattern: * and ? within a name, ** any directories, {a,b} either.", Example: `fileset(".", "*.txt")`, Result: `toset(["greeting.txt"])`},
	{Name: "filebase64", Category: "file", Special: true, Signature: "filebase64(path)",
		Description: "The content of a file, of any kind, in Base64 (up to 1 MiB of it).", Example: `filebase64("greeting.txt")`, Result: `"aGVsbG8K"`},
	{Name: "filemd5", Category: "file", Special: true, Signature: "filemd5(path)",
		Description: "The MD5 digest of a file's content in hexadecimal.", Example: `filemd5("greeting.txt")`, Result: `"b1946ac92492d2347c6235b4d2611184"`},
	{Name: "filesha1", Category: "file", Special: true, Signature: "filesha1(path)",
		Description: "The SHA-1 digest of a file's content in hexadecimal.", Example: `filesha1("greeting.txt")`, Result: `"f572d396fae9206628714fb2ce00f72e94f2258f"`},
	{Name: "filesha256", Category: "file", Special: true, Signature: "filesha256(path)",
		Description: "The SHA-256 digest of a file's content in hexadecimal.", Example: `substr(filesha256("greeting.txt"), 0, 16)`, Result: `"5891b5b522d5df08"`},
	{Name: "filesha512", Category: "file", Special: true, Signature: "filesha512(path)",
		Description: "The SHA-512 digest of a file's content in hexadecimal.", Example: `substr(filesha512("greeting.txt"), 0, 16)`, Result: `"e7c22b994c59d9cf"`},
	{Name: "filebase64sha256", Category: "file", Special: true, Signature: "filebase64sha256(path)",
		Description: "The SHA-256 digest of a file's content in Base64.", Example: `filebase64sha256("greeting.txt")`, Result: `"WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="`},
	{Name: "filebase64sha512", Category: "file", Special: true, Signature: "filebase64sha512(path)",
		Description: "The SHA-512 digest of a file's content in Base64.", Example: `substr(filebase64sha512("greeting.txt"), 0, 16)`, Result: `"58IrmUxZ2c8rSOVJ"`},
	{Name: "templatefile", Category: "file", Special: true, Signature: "templatefile(path, values)",
		Description: "The text a template file makes of the values, an object: it may hold ${…} and %{…}, which read the values by name and call pure functions.",
		Example:     `templatefile("greeting.tftpl", { name = "ann" })`, Result: `"hello, ANN\n"`},
	{Name: "templatestring", Category: "string", Special: true, Signature: "templatestring(template, values)",
		Description: "The text a template makes of the values, as templatefile does of a file. In quotes write $${ for ${.",
		Example:     `templatestring("hello, $${name}", { name = "ann" })`, Result: `"hello, ann"`},
}
