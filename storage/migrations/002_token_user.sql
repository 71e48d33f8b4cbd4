-- The one user a token was made for, if it was: whom /Me stands for. No foreign key: the token outlives its user, and
-- then answers that there is nobody.
ALTER TABLE tokens ADD COLUMN user_id BLOB CHECK(user_id IS NULL OR length(user_id) = 16);
