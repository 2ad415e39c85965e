"""All of results/ from one code: which program writes which file, what is out of date, and one command for all."""
