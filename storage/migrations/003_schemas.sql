-- An organisation's own schema extensions: one JSON text, '' where there are none. It is read with the organisation and
-- small, so it is a column of its row and no table.
ALTER TABLE organisations ADD COLUMN schemas TEXT NOT NULL DEFAULT '';
