"""What people enter: technicians, customers, sites, equipment, shared resources, contracts."""
