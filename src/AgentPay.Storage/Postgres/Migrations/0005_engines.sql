-- Which engine a record is of. The record changes when its engine was taken for dead and lives on; this name does not. Null: of an older program.
ALTER TABLE processes ADD COLUMN engine text COLLATE "C";
