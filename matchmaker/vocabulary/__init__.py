"""The words under which things are filed: industry chains, sectors, disciplines, regions."""
