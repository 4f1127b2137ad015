"""The parts of test_mail.py."""
