-- Names of objects begin with the time they were made: by name, a new one goes to the end of the index. By hash, each one changed a page of its own.
DROP INDEX event_objects_by_name;
ALTER TABLE event_objects DROP COLUMN name_hash;
CREATE UNIQUE INDEX event_objects_by_name ON event_objects (name);
